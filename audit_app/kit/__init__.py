"""What any web application needs, one noun a module: clock, db, errors, i18n, web, audit, files, yaml.

The kit knows nothing of standards or visits; every slice may use it, it uses none of them.
"""
