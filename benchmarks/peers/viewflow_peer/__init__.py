"""A Django application that runs W1 and W3 as viewflow flows, in an environment of its own."""
