"""Objects kept: in memory and in SQLite, under one revision counter, with their history, pages and watches."""
