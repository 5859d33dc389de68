"""What builds and checks the native app's bundle."""
