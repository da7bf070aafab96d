"""Runs, validates and serves the lead-scoring warehouse: command line, rule book, sample world, Dagster."""
