"""Measurements of what the program promises: one module a figure, each with a `measure()`; `make figure NAME=…` runs one.

A figure is a name, a number, a unit and a goal. The last line a run prints is `name: VALUE UNIT (goal GOAL)`, one line for
each figure that a measurement gives, and the exit code says whether every goal was reached.
"""
