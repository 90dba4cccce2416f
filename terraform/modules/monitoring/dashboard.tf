locals {
  # One row a subject: title, and metrics as CloudWatch writes them.
  graphs = concat(
    [
      { title = "Requests and errors", metrics = [
        ["AWS/ApplicationELB", "RequestCount", "LoadBalancer", var.balancer_arn_suffix, { stat = "Sum" }],
        [".", "HTTPCode_Target_5XX_Count", ".", ".", { stat = "Sum", color = "#d13212" }],
        [".", "HTTPCode_Target_4XX_Count", ".", ".", { stat = "Sum" }],
      ] },
      { title = "Answer time, seconds", metrics = [
        ["AWS/ApplicationELB", "TargetResponseTime", "LoadBalancer", var.balancer_arn_suffix, { stat = "p50" }],
        ["...", { stat = "p99" }],
      ] },
      { title = "Launchers", metrics = [
        ["AWS/ApplicationELB", "HealthyHostCount", "TargetGroup", var.target_group_arn_suffix, "LoadBalancer", var.balancer_arn_suffix, { stat = "Minimum" }],
        ["AWS/ECS", "CPUUtilization", "ClusterName", var.cluster_name, "ServiceName", var.service_name, { stat = "Average", yAxis = "right" }],
        [".", "MemoryUtilization", ".", ".", ".", ".", { stat = "Maximum", yAxis = "right" }],
      ] },
      { title = "Tasks running (Container Insights)", metrics = [
        ["ECS/ContainerInsights", "TaskCount", "ClusterName", var.cluster_name, { stat = "Maximum" }],
      ] },
    ],
    var.events_queue_name == null ? [] : [
      { title = "Events of tasks", metrics = [
        ["AWS/SQS", "NumberOfMessagesReceived", "QueueName", var.events_queue_name, { stat = "Sum" }],
        [".", "ApproximateAgeOfOldestMessage", ".", ".", { stat = "Maximum", yAxis = "right" }],
        [".", "ApproximateNumberOfMessagesVisible", ".", var.events_dead_letter_queue_name, { stat = "Maximum", color = "#d13212" }],
      ] },
    ],
    [for name, id in var.databases :
      { title = "Database ${id}", metrics = [
        ["AWS/RDS", "CPUUtilization", "DBInstanceIdentifier", id, { stat = "Average" }],
        [".", "DatabaseConnections", ".", ".", { stat = "Maximum" }],
        [".", "FreeStorageSpace", ".", ".", { stat = "Minimum", yAxis = "right" }],
      ] }
    ],
  )
}

resource "aws_cloudwatch_dashboard" "this" {
  dashboard_name = var.name
  dashboard_body = jsonencode({
    widgets = [for nth, graph in local.graphs : {
      type   = "metric"
      x      = 12 * (nth % 2)
      y      = 6 * floor(nth / 2)
      width  = 12
      height = 6
      properties = {
        title   = graph.title
        region  = var.region
        view    = "timeSeries"
        period  = 300
        metrics = graph.metrics
      }
    }]
  })
}
