"""Run the command line as `python -m tablewright`."""

from tablewright.cli.main import main

if __name__ == "__main__":
    main()
