"""What exec, attach and port-forward speak: channels over WebSocket, or SPDY."""
