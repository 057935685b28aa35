"""Requests and answers: paths, parameters, forms, discovery, watches on their connections."""
