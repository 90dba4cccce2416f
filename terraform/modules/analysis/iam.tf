# With one role ECS starts the container (module `program`), with this one the analysis works. Every statement says why.

resource "aws_iam_role" "task" {
  name               = "${var.name}-analysis-task"
  description        = "An analysis: reads its inputs, writes its results"
  assume_role_policy = module.program.trust
}

# All tasks share one role, so a task could read another organisation's boundary; it runs our program only, never a client's command.
data "aws_iam_policy_document" "task" {
  statement {
    sid       = "ReadInputs"
    actions   = ["s3:GetObject"]
    resources = [for folder in ["boundaries", "suites", "analyses"] : "${local.results}/${folder}/*"]
  }
  # Before it writes it looks whether its place is empty.
  statement {
    sid       = "SeeWhetherItsPlaceIsEmpty"
    actions   = ["s3:ListBucket"]
    resources = [var.results_bucket_arn]
    condition {
      test     = "StringLike"
      variable = "s3:prefix"
      values   = ["${local.prefix}runs/*"]
    }
  }
  # Large files go up in parts; a failed upload is called off.
  statement {
    sid       = "WriteResults"
    actions   = ["s3:PutObject", "s3:AbortMultipartUpload"]
    resources = ["${local.results}/runs/*"]
  }
  # If the answer to its manifest was lost, it looks whether the manifest there is its own.
  statement {
    sid       = "ReadItsManifestBack"
    actions   = ["s3:GetObject"]
    resources = ["${local.results}/runs/*/manifest.json"]
  }
  # The note that a run is under way; nothing else of a result can be deleted by a task.
  statement {
    sid       = "RemoveTheMarker"
    actions   = ["s3:DeleteObject"]
    resources = ["${local.results}/runs/*/.quietway-run.json"]
  }
  dynamic "statement" {
    for_each = var.cache_bucket == null ? [] : [var.cache_bucket_arn]
    content {
      sid       = "UseTheCache"
      actions   = ["s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload"]
      resources = ["${statement.value}/cache/*"]
    }
  }
  # Without it S3 says "forbidden" of a file that is not in the cache yet, instead of "not there".
  dynamic "statement" {
    for_each = var.cache_bucket == null ? [] : [var.cache_bucket_arn]
    content {
      sid       = "SeeWhatTheCacheLacks"
      actions   = ["s3:ListBucket"]
      resources = [statement.value]
    }
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

locals {
  prefix  = var.results_prefix == "" ? "" : "${var.results_prefix}/"
  results = trimsuffix("${var.results_bucket_arn}/${local.prefix}", "/")
}

resource "aws_iam_role_policy" "task" {
  name   = "work"
  role   = aws_iam_role.task.id
  policy = data.aws_iam_policy_document.task.json
}
