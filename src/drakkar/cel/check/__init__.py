"""The types of an expression: which it has, which overloads its calls may mean, and what is told where there are none."""
