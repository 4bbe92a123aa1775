"""`python -m support`: the operators' command line, for the emulators or a real project."""

from support.cli import main

if __name__ == "__main__":
    main()
