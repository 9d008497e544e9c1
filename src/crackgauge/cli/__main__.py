"""`python -m crackgauge.cli`: the command `crackgauge` where its script is not on the path."""

from crackgauge.cli.main import main

if __name__ == "__main__":
    main()
