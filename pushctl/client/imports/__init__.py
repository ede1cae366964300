"""Imports channels from Azure Notification Hubs, Amazon SNS or CSV."""
