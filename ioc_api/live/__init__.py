"""What is live: topics that clients subscribe to, and the websocket that serves them."""
