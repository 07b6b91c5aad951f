"""Runs a command in a pseudo-terminal, which is closed when the command has shown a word. Prints the signal or the code that it ended with."""

import os
import pty
import sys

word, *command = sys.argv[1:]
process, terminal = pty.fork()
if process == 0:
    os.execvp(command[0], command)
shown = b""
while word.encode() not in shown:
    shown += os.read(terminal, 65536)
os.close(terminal)
_, status = os.waitpid(process, 0)
print(os.waitstatus_to_exitcode(status))
