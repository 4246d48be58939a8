"""Examples beside the rules: given these records, expect this plan; carried out by the engine itself, over records in memory."""
