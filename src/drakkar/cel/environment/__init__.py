"""What an expression may name: functions with their overloads, types, and the fields of a device."""
