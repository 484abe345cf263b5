"""Stories: findings with a caption, in an order, to be told one after the other."""
