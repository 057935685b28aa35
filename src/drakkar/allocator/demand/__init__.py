"""What is asked, device by device: which devices each request may choose, and which of them are alike."""
