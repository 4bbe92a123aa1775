"""python -m support: what support and operators do, on the emulators or on a real project."""

from support.cli import main

if __name__ == "__main__":
    main()
