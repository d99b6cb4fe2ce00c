"""How much memory the processes of the installation hold, and what is done before it runs out (R1)."""
