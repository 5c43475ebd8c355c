"""What a batch has brought: lots drawn before it goes out, and the comparison that they make right afterwards."""
