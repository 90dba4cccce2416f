# The real provider, which asks nobody: policies are made by it, and a plan of new things needs no account.
provider "aws" {
  region                      = "eu-central-1"
  access_key                  = "none"
  secret_key                  = "none"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
  skip_get_ec2_platforms      = true
}

variables {
  name               = "quietway"
  region             = "eu-central-1"
  account_id         = "123456789012"
  vpc_id             = "vpc-1"
  image              = "registry.example/quietway/analysis:1.0"
  results_bucket_arn = "arn:aws:s3:::results"
}

run "rights_are_these_and_no_others" {
  command = plan
  variables {
    cache_bucket     = "cache"
    cache_bucket_arn = "arn:aws:s3:::cache"
  }

  assert {
    condition = jsonencode({ for one in jsondecode(data.aws_iam_policy_document.task.json).Statement : one.Sid => { actions = sort(flatten([one.Action])), resources = sort(flatten([one.Resource])) } }) == jsonencode({
      ReadInputs                = { actions = ["s3:GetObject"], resources = ["arn:aws:s3:::results/analyses/*", "arn:aws:s3:::results/boundaries/*", "arn:aws:s3:::results/suites/*"] }
      SeeWhetherItsPlaceIsEmpty = { actions = ["s3:ListBucket"], resources = ["arn:aws:s3:::results"] }
      WriteResults              = { actions = ["s3:AbortMultipartUpload", "s3:PutObject"], resources = ["arn:aws:s3:::results/runs/*"] }
      ReadItsManifestBack       = { actions = ["s3:GetObject"], resources = ["arn:aws:s3:::results/runs/*/manifest.json"] }
      RemoveTheMarker           = { actions = ["s3:DeleteObject"], resources = ["arn:aws:s3:::results/runs/*/.quietway-run.json"] }
      UseTheCache               = { actions = ["s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject"], resources = ["arn:aws:s3:::cache/cache/*"] }
      SeeWhatTheCacheLacks      = { actions = ["s3:ListBucket"], resources = ["arn:aws:s3:::cache"] }
    })
    error_message = "The rights of tasks changed."
  }

  assert {
    condition     = contains(jsondecode(aws_ecs_task_definition.this.container_definitions)[0].environment, { name = "QUIETWAY_SHARED_CACHE", value = "s3://cache/cache" })
    error_message = "Tasks share the cache."
  }
}

run "nothing_more_than_needed" {
  command = plan
  assert {
    condition     = !strcontains(data.aws_iam_policy_document.task.json, "Cache") && jsondecode(aws_ecs_task_definition.this.container_definitions)[0].readonlyRootFilesystem && jsondecode(aws_ecs_task_definition.this.container_definitions)[0].secrets == []
    error_message = "Without a cache no right to it, and nothing but /tmp may be written."
  }
}

run "sources_by_name" {
  command = plan
  variables {
    source_urls = { geofabrik = "https://mirror.example/geofabrik" }
    environment = { TMPDIR = "/scratch" }
  }
  assert {
    condition = toset(jsondecode(aws_ecs_task_definition.this.container_definitions)[0].environment) == toset([
      { name = "QUIETWAY_CACHE_DIR", value = "/tmp/cache" },
      { name = "QUIETWAY_GEOFABRIK_URL", value = "https://mirror.example/geofabrik" },
      { name = "TMPDIR", value = "/scratch" },
    ])
    error_message = "Sources become environment, and the operator's own wins."
  }
}

run "errors_are_told" {
  command = plan
  variables {
    source_urls      = { geofabric = "https://mirror.example" }
    memory           = 8193
    cache_bucket_arn = "arn:aws:s3:::cache"
    log_days         = 31
  }
  expect_failures = [var.source_urls, var.memory, var.cache_bucket_arn, var.log_days]
}

run "sizes_that_fargate_has_not" {
  command = plan
  variables {
    cpu = 1000
  }
  expect_failures = [var.cpu]
}
