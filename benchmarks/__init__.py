"""How fast, how large, against what: measured in one run, reported as ratios.

Here is nothing but the name. `python -m benchmarks --help` says what can be asked for; `__main__` is where to read on.
"""
