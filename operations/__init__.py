"""What administrators watch and operate: jobs, health, the doctor, the launcher."""
