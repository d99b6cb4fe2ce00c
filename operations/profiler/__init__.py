"""What a process of the installation spends its time and memory on (C10)."""
