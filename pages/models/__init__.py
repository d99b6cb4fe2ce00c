"""How models are judged and kept: what data scientists and administrators look at."""
