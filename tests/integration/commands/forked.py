"""A process that has imported ``manage.py`` and forks for every command it is told, so that none pays for imports.

Each line of standard input is a JSON object: ``arguments``, ``environment``, ``folder``, ``output`` and ``errors``
(files). The exit code of the command is answered in a line.
"""

import json
import os
import sys

import manage

for line in sys.stdin:
    asked = json.loads(line)
    if os.fork() == 0:
        break
    sys.stdout.write(f"{os.waitstatus_to_exitcode(os.wait()[1])}\n")
    sys.stdout.flush()
else:
    sys.exit()

# A child, whose one command ends as it would by itself.
for number, name in ((1, "output"), (2, "errors")):
    os.dup2(os.open(asked[name], os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
os.environ.clear()
os.environ.update(asked["environment"])
os.chdir(asked["folder"])
sys.argv = ["manage.py", *asked["arguments"]]
manage.main()
