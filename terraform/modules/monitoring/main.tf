# Who is told when something is wrong, and one page that shows how it goes. Each alarm's description says what to do.

locals {
  actions = concat(var.alarm_topic_arns, aws_sns_topic.this[*].arn)

  balancer = { LoadBalancer = var.balancer_arn_suffix, TargetGroup = var.target_group_arn_suffix }
  service  = { ClusterName = var.cluster_name, ServiceName = var.service_name }

  alarms = merge(
    {
      no-launcher = {
        what       = "No launcher answers: look at the events of the service ${var.service_name} and at its log"
        namespace  = "AWS/ApplicationELB", metric = "HealthyHostCount", dimensions = local.balancer
        statistic  = "Minimum", period = 60, periods = 3, operator = "LessThanThreshold", threshold = 1
        on_missing = "breaching"
      }
      launcher-errors = {
        what       = "More than ten answers of the launcher in five minutes were errors: look at its log; often it is the database"
        namespace  = "AWS/ApplicationELB", metric = "HTTPCode_Target_5XX_Count", dimensions = local.balancer
        statistic  = "Sum", period = 300, periods = 1, operator = "GreaterThanThreshold", threshold = 10
        on_missing = "notBreaching"
      }
      launcher-slow = {
        what       = "One request in a hundred takes more than two seconds: more replicas, or a larger database"
        namespace  = "AWS/ApplicationELB", metric = "TargetResponseTime", dimensions = local.balancer
        statistic  = "p99", period = 300, periods = 3, operator = "GreaterThanThreshold", threshold = 2
        on_missing = "notBreaching"
      }
      launcher-memory = {
        what       = "A launcher uses more than 85 % of its memory: give it more (launcher.memory)"
        namespace  = "AWS/ECS", metric = "MemoryUtilization", dimensions = local.service
        statistic  = "Maximum", period = 300, periods = 2, operator = "GreaterThanThreshold", threshold = 85
        on_missing = "notBreaching"
      }
    },
    var.events_queue_name == null ? {} : {
      events-old = {
        what       = "Events of tasks wait for more than ten minutes: the launchers do not read the queue; runs go on, more slowly"
        namespace  = "AWS/SQS", metric = "ApproximateAgeOfOldestMessage", dimensions = { QueueName = var.events_queue_name }
        statistic  = "Maximum", period = 300, periods = 2, operator = "GreaterThanThreshold", threshold = 600
        on_missing = "notBreaching"
      }
      events-dead = {
        what       = "An event of a task could not be delivered or read five times: look into the queue ${coalesce(var.events_dead_letter_queue_name, "of dead letters")}"
        namespace  = "AWS/SQS", metric = "ApproximateNumberOfMessagesVisible", dimensions = { QueueName = var.events_dead_letter_queue_name }
        statistic  = "Maximum", period = 300, periods = 1, operator = "GreaterThanThreshold", threshold = 0
        on_missing = "notBreaching"
      }
    },
    merge([for name, id in var.databases : {
      "${name}-cpu" = {
        what       = "The database ${id} is busy: a larger instance_class"
        namespace  = "AWS/RDS", metric = "CPUUtilization", dimensions = { DBInstanceIdentifier = id }
        statistic  = "Average", period = 300, periods = 3, operator = "GreaterThanThreshold", threshold = 80
        on_missing = "breaching"
      }
      "${name}-storage" = {
        what       = "The database ${id} has less than 2 GiB left: raise storage_max_gib"
        namespace  = "AWS/RDS", metric = "FreeStorageSpace", dimensions = { DBInstanceIdentifier = id }
        statistic  = "Minimum", period = 300, periods = 1, operator = "LessThanThreshold", threshold = 2 * 1024 * 1024 * 1024
        on_missing = "notBreaching"
      }
      "${name}-memory" = {
        what       = "The database ${id} has less than 64 MiB of memory left: a larger instance_class"
        namespace  = "AWS/RDS", metric = "FreeableMemory", dimensions = { DBInstanceIdentifier = id }
        statistic  = "Minimum", period = 300, periods = 3, operator = "LessThanThreshold", threshold = 64 * 1024 * 1024
        on_missing = "notBreaching"
      }
    }]...),
  )
}

resource "aws_sns_topic" "this" {
  count             = length(var.alarm_emails) > 0 ? 1 : 0
  name              = "${var.name}-alarms"
  kms_master_key_id = var.kms_key_arn
}

resource "aws_sns_topic_subscription" "email" {
  for_each  = toset(var.alarm_emails)
  topic_arn = aws_sns_topic.this[0].arn
  protocol  = "email"
  endpoint  = each.value
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each            = local.alarms
  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = each.value.what
  namespace           = each.value.namespace
  metric_name         = each.value.metric
  dimensions          = each.value.dimensions
  statistic           = startswith(each.value.statistic, "p") ? null : each.value.statistic
  extended_statistic  = startswith(each.value.statistic, "p") ? each.value.statistic : null
  period              = each.value.period
  evaluation_periods  = each.value.periods
  comparison_operator = each.value.operator
  threshold           = each.value.threshold
  treat_missing_data  = each.value.on_missing
  alarm_actions       = local.actions
  ok_actions          = local.actions
}
