"""Becomes PostgreSQL: leaves root behind, asks the kernel to stop the server when its parent ends, and runs the server's program.

A program of its own, run by path with the standard library alone, because code between fork and exec is unsafe once a parent has threads.
Arguments: the parent's process id, the account's user and group number, then the command with its full path.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def become(parent: int, uid: int, gid: int, command: list[str]) -> None:
    """Replaces this program by `command`. Returns only by raising OSError, or by leaving when the parent is gone already."""
    libc = ctypes.CDLL(None) if sys.platform == "linux" else None
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    if libc is not None:
        # After the change of account, which clears it. SIGINT is PostgreSQL's fast and clean shutdown.
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGINT, 0, 0, 0)
        if os.getppid() != parent:
            sys.exit("the program that wanted a database has ended")
    os.execv(command[0], command)


if __name__ == "__main__":
    become(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:])
