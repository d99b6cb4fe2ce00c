"""The theme that a user chose, in the browser before Streamlit draws anything (C11).

Streamlit offers no call that chooses a theme for one visitor. It reads the visitor's own choice from the browser's
local storage when it starts, where its menu keeps it: so a script of ours, which knows the user by the session
cookie, writes the choice there first. The key is Streamlit's (``lib/theme`` of its frontend);
tests/browser/test_theme.py notices when it changes.
"""

import json

ROUTE = "/auth/theme.js"
NAMES = {"light": "Light", "dark": "Dark"}
KEY = '"stActiveTheme-" + window.location.pathname + "-v2"'


def theme_script(theme: str) -> str:
    """JavaScript that makes Streamlit start with the theme; ``device`` forgets what was chosen."""
    if theme not in NAMES:
        return f"window.localStorage.removeItem({KEY});\n"
    return f"window.localStorage.setItem({KEY}, {json.dumps(json.dumps(NAMES[theme]))});\n"
