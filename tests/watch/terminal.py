"""Runs a command in a pseudo-terminal: what it writes goes to standard output, what comes by standard input is typed."""

import os
import pty
import sys

status = pty.spawn(sys.argv[1:])
sys.exit(os.waitstatus_to_exitcode(status) & 0xFF)
