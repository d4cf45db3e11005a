"""Any program's whole life, measured as one phase that the program itself may split by marks."""
