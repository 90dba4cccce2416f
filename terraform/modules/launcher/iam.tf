# With one role ECS starts the launcher (module `program`), with this one it works. Every statement says why.

locals {
  task_definitions = "arn:${local.partition}:ecs:${var.region}:${var.account_id}:task-definition/${var.analysis.family}:*"
  tasks            = "arn:${local.partition}:ecs:${var.region}:${var.account_id}:task/${var.cluster_name}/*"
  partition        = split(":", var.cluster_arn)[1]
  objects          = var.results_prefix == "" ? var.results_bucket_arn : "${var.results_bucket_arn}/${var.results_prefix}"
}

resource "aws_iam_role" "task" {
  name               = "${var.name}-launcher-task"
  description        = "The launcher: starts and stops analyses, publishes results"
  assume_role_policy = module.program.trust
}

data "aws_iam_policy_document" "tasks" {
  # Which revision a run is pinned to is asked before it is submitted; ECS knows no resource for it.
  statement {
    sid       = "PinTheRevision"
    actions   = ["ecs:DescribeTaskDefinition"]
    resources = ["*"]
  }
  # RunTask is checked against the task definition; any revision, since a run keeps the one it was submitted with.
  statement {
    sid       = "StartAnalysesOnly"
    actions   = ["ecs:RunTask"]
    resources = [local.task_definitions]
    condition {
      test     = "ArnEquals"
      variable = "ecs:cluster"
      values   = [var.cluster_arn]
    }
  }
  # Ids of tasks are not known beforehand, so all of this cluster.
  statement {
    sid       = "WatchAndStopTasks"
    actions   = ["ecs:DescribeTasks", "ecs:StopTask"]
    resources = [local.tasks]
    condition {
      test     = "ArnEquals"
      variable = "ecs:cluster"
      values   = [var.cluster_arn]
    }
  }
  # Finds tasks whose start was never answered, and orphans; the action knows no tasks as resources.
  statement {
    sid       = "FindTasks"
    actions   = ["ecs:ListTasks"]
    resources = ["*"]
    condition {
      test     = "ArnEquals"
      variable = "ecs:cluster"
      values   = [var.cluster_arn]
    }
  }
  # /readyz says whether the cluster is there.
  statement {
    sid       = "SeeTheCluster"
    actions   = ["ecs:DescribeClusters"]
    resources = [var.cluster_arn]
  }
  # ECS asks for this right when a started task is given tags; existing ones cannot be tagged with it.
  statement {
    sid       = "TagOnlyWhatItStarts"
    actions   = ["ecs:TagResource"]
    resources = [local.tasks]
    condition {
      test     = "StringEquals"
      variable = "ecs:CreateAction"
      values   = ["RunTask"]
    }
  }
  # Whoever starts a task hands over its roles: these two, to ECS, no others.
  statement {
    sid       = "HandOverTheRolesOfTasks"
    actions   = ["iam:PassRole"]
    resources = [var.analysis.task_role_arn, var.analysis.execution_role_arn]
    condition {
      test     = "StringEquals"
      variable = "iam:PassedToService"
      values   = ["ecs-tasks.amazonaws.com"]
    }
  }
  # The end of a task's log, for the API.
  statement {
    sid       = "ReadLogsOfTasks"
    actions   = ["logs:GetLogEvents"]
    resources = ["${var.analysis.log_group_arn}:log-stream:${var.analysis.log_prefix}/${var.analysis.container}/*"]
  }
  # News of tasks, taken off the queue once they are stored.
  dynamic "statement" {
    for_each = var.events_queue == null ? [] : [var.events_queue.arn]
    content {
      sid       = "ReadEvents"
      actions   = ["sqs:ReceiveMessage", "sqs:DeleteMessage"]
      resources = [statement.value]
    }
  }
  dynamic "statement" {
    for_each = var.events_queue == null || var.kms_key_arn == null ? [] : [var.kms_key_arn]
    content {
      sid       = "DecryptEvents"
      actions   = ["kms:Decrypt"]
      resources = [statement.value]
      condition {
        test     = "StringEquals"
        variable = "kms:ViaService"
        values   = ["sqs.${var.region}.amazonaws.com"]
      }
    }
  }
}

data "aws_iam_policy_document" "objects" {
  # What clients upload.
  statement {
    sid       = "StoreInputs"
    actions   = ["s3:PutObject", "s3:GetObject"]
    resources = [for folder in ["boundaries", "suites", "analyses"] : "${local.objects}/${folder}/*"]
  }
  # The manifest and sizes (or hashes) of its files before a run is published; and whoever signs an address must have the right himself.
  statement {
    sid       = "CheckAndSignResults"
    actions   = ["s3:GetObject"]
    resources = ["${local.objects}/runs/*"]
  }
  # Leftovers of runs that nobody will see, old runs, deleted organisations. The bucket keeps deleted versions for a while.
  statement {
    sid       = "DeleteOldRuns"
    actions   = ["s3:DeleteObject"]
    resources = ["${local.objects}/runs/*"]
  }
  # Finds what to delete; and without it S3 says "forbidden" of a manifest that is not there, so a lost run could not be told from a broken store.
  statement {
    sid       = "ListResults"
    actions   = ["s3:ListBucket"]
    resources = [var.results_bucket_arn]
  }
  dynamic "statement" {
    for_each = var.kms_key_arn == null ? [] : [var.kms_key_arn]
    content {
      sid       = "UseTheKeyOfTheBucket"
      actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
      resources = [statement.value]
      condition {
        test     = "StringEquals"
        variable = "kms:ViaService"
        values   = ["s3.${var.region}.amazonaws.com"]
      }
    }
  }
}

data "aws_iam_policy_document" "task" {
  source_policy_documents = [data.aws_iam_policy_document.tasks.json, data.aws_iam_policy_document.objects.json]
}

resource "aws_iam_role_policy" "task" {
  name   = "work"
  role   = aws_iam_role.task.id
  policy = data.aws_iam_policy_document.task.json
}
