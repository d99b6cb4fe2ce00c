"""The command line's commands, by what they are about; ``manage.py`` puts them together."""
