"""The theme that a user chose, in the browser before Streamlit draws anything (C11).

Streamlit offers no call that chooses a theme for one visitor. It reads the visitor's own choice from the browser's
local storage when it starts, where its menu keeps it: so a script of ours, which knows the user by the session
cookie, writes the choice there first. The key is Streamlit's (``lib/theme`` of its frontend);
tests/browser/test_theme.py notices when it changes.

Streamlit writes on main buttons in white, which cannot be read on the pale teal of the dark theme (2.1 to 1), and
has no setting for it. The script brings a rule that writes there in black or white, whichever the text around the
button is not; it holds in dialogs too, which know nothing else of the theme.

Beside a field in which somebody types Streamlit writes "Press Enter to submit form", in English whatever the language
is, and cannot be told otherwise: a second rule leaves of that line only how many characters are used up. A third one
draws a line around the entry of the navigation on which the keyboard stands, which Streamlit hardly tints (WCAG 2.4.7).
A fourth one writes a dash where a list that is searched in vain would say "No results"; lists of which several may be
chosen do without Streamlit's "Select all" (``select_all=False``).
"""

import json

ROUTE = "/auth/theme.js"
NAMES = {"light": "Light", "dark": "Dark"}
KEY = '"stActiveTheme-" + window.location.pathname + "-v2"'

MAIN_BUTTON = "button[data-testid^=stBaseButton-primary]:not(:disabled)"
TYPING = "[data-testid=InputInstructions] > span"
NOTHING_FOUND = "[role=listbox][data-empty] span"
STYLE = (
    f"{MAIN_BUTTON} {{ color: hsl(from currentColor 0 0 clamp(0, (50 - l) * 100, 100)) !important; }}\n"
    f"{TYPING}:first-child {{ display: none; }}\n"
    f"{TYPING} + span::before {{ content: none; }}\n"
    "a[data-testid=stSidebarNavLink]:focus-visible { outline: 2px solid currentColor; outline-offset: -2px; }\n"
    f"{NOTHING_FOUND} {{ visibility: hidden; font-size: 0; }}\n"
    f"{NOTHING_FOUND}::after {{ content: '–'; visibility: visible; font-size: 0.875rem; }}"
)


def theme_script(theme: str) -> str:
    """JavaScript that makes Streamlit start with the theme; ``device`` forgets what was chosen."""
    if theme in NAMES:
        choice = f"window.localStorage.setItem({KEY}, {json.dumps(json.dumps(NAMES[theme]))});"
    else:
        choice = f"window.localStorage.removeItem({KEY});"
    style = "document.head.appendChild(document.createElement('style')).textContent"
    return f"{choice}\n{style} = {json.dumps(STYLE)};\n"
