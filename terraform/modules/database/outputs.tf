output "url_secret_arn" {
  description = "Secret that holds the address with name and password, for a task definition's `secrets`."
  value       = aws_secretsmanager_secret.url.arn
  depends_on  = [aws_secretsmanager_secret_version.url]
}

output "identifier" {
  description = "Name of the server, for alarms."
  value       = aws_db_instance.this.identifier
}

output "address" {
  description = "Host of the server."
  value       = aws_db_instance.this.address
}

output "security_group_id" {
  description = "Security group of the server."
  value       = aws_security_group.this.id
}
