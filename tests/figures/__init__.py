"""Measurements of what the program promises: one module a figure, each with a `measure()`; `make figure NAME=…` runs one.

A figure is a name, a value, a unit and a goal. A measurement gives one of its own name, or one for each database; the last
line of a run is `NAME: VALUE UNIT (goal GOAL)` and tells them all; what else was measured stands in lines of its own before
it. The exit code says whether every goal was reached.
"""
