"""The engine runs cases: definitions, cases, tasks, jobs, timers, messages, audit.

It knows no web framework and no handler. `spiff.py` is its only door to SpiffWorkflow,
`xml.py` its only door to lxml; commands take an open transaction and never commit.
"""
