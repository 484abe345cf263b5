"""What several tasks of the engine need: models kept warm, who computes first, and walks."""
