"""``python -m core.env_example`` rewrites ``.env.example`` from the settings table."""

from core.settings import ROOT, environment_example

if __name__ == "__main__":
    (ROOT / ".env.example").write_text(environment_example(), encoding="utf-8")
