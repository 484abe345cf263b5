"""Files that anybody may have made: read bounded and in one way, written whole, safely named."""
