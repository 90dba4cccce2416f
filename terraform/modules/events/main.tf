# What happens to tasks, as ECS tells it: EventBridge → queue → launcher. The launcher also asks by itself, so a lost event costs seconds only.

resource "aws_sqs_queue" "dead" {
  name                      = "${var.name}-task-events-dead"
  message_retention_seconds = 1209600 # fourteen days, the most
  kms_master_key_id         = var.kms_key_arn
}

resource "aws_sqs_queue" "this" {
  name = "${var.name}-task-events"
  # Older news are no news: the launcher has long asked ECS itself.
  message_retention_seconds  = 3600
  visibility_timeout_seconds = 60
  receive_wait_time_seconds  = 20
  kms_master_key_id          = var.kms_key_arn
  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.dead.arn
    maxReceiveCount     = 5
  })
}

resource "aws_cloudwatch_event_rule" "this" {
  name        = "${var.name}-task-events"
  description = "State changes of the launcher's tasks"
  event_pattern = jsonencode({
    source        = ["aws.ecs"]
    "detail-type" = ["ECS Task State Change"]
    detail = {
      clusterArn = [var.cluster_arn]
      # Tasks that others start in this cluster are not the launcher's business.
      startedBy = [{ prefix = "quietway/" }]
    }
  })
}

resource "aws_cloudwatch_event_target" "this" {
  rule      = aws_cloudwatch_event_rule.this.name
  target_id = "queue"
  arn       = aws_sqs_queue.this.arn

  dead_letter_config {
    arn = aws_sqs_queue.dead.arn
  }
}

data "aws_iam_policy_document" "queue" {
  for_each = { live = aws_sqs_queue.this.arn, dead = aws_sqs_queue.dead.arn }

  # Nobody but the rule puts events here: a forged one could make the launcher look at a task, nothing else.
  statement {
    sid       = "TheRuleMaySend"
    actions   = ["sqs:SendMessage"]
    resources = [each.value]
    principals {
      type        = "Service"
      identifiers = ["events.amazonaws.com"]
    }
    condition {
      test     = "ArnEquals"
      variable = "aws:SourceArn"
      values   = [aws_cloudwatch_event_rule.this.arn]
    }
  }

  statement {
    sid       = "OnlyEncrypted"
    effect    = "Deny"
    actions   = ["sqs:SendMessage", "sqs:ReceiveMessage", "sqs:DeleteMessage"]
    resources = [each.value]
    principals {
      type        = "AWS"
      identifiers = ["*"]
    }
    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }
}

resource "aws_sqs_queue_policy" "this" {
  queue_url = aws_sqs_queue.this.id
  policy    = data.aws_iam_policy_document.queue["live"].json
}

resource "aws_sqs_queue_policy" "dead" {
  queue_url = aws_sqs_queue.dead.id
  policy    = data.aws_iam_policy_document.queue["dead"].json
}
