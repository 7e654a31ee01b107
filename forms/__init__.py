"""The pure part of Prasan: form schemas, answers, FEEL and Thai dates.

Nothing in this package imports the engine, the web or any library.
"""
