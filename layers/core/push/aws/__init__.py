"""DynamoDB, SQS and Secrets Manager behind typed errors."""
