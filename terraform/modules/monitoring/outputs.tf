output "alarm_names" {
  description = "The alarms."
  value       = sort([for alarm in aws_cloudwatch_metric_alarm.this : alarm.alarm_name])
}

output "dashboard_name" {
  description = "The dashboard in CloudWatch."
  value       = aws_cloudwatch_dashboard.this.dashboard_name
}

output "topic_arn" {
  description = "Topic of the alarms; null without mail addresses."
  value       = one(aws_sns_topic.this[*].arn)
}
