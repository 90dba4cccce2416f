output "queue_url" {
  description = "Queue of the launcher (`QUIETWAY_LAUNCHER_ECS_EVENTS_QUEUE`)."
  value       = aws_sqs_queue.this.id
}

output "queue_arn" {
  description = "The same, for the launcher's policy."
  value       = aws_sqs_queue.this.arn
}

output "queue_name" {
  description = "The same, for alarms."
  value       = aws_sqs_queue.this.name
}

output "dead_letter_queue_name" {
  description = "Where events go that could not be delivered or read."
  value       = aws_sqs_queue.dead.name
}

output "rule_name" {
  description = "The EventBridge rule."
  value       = aws_cloudwatch_event_rule.this.name
}
