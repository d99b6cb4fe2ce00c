"""What models read: how sound the stored features are, which of them count, which were left out."""
