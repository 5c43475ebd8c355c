"""Hostile input of every kind and what becomes of it: the parts of `make figure NAME=hostile-input`."""
