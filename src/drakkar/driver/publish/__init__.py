"""What a driver publishes: pools of devices, kept as ResourceSlices in the API."""
