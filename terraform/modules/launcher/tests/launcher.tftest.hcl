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
  subnet_ids         = ["subnet-1", "subnet-2"]
  public_subnet_ids  = ["subnet-3", "subnet-4"]
  certificate_arn    = "arn:aws:acm:eu-central-1:123456789012:certificate/1"
  cluster_name       = "quietway"
  cluster_arn        = "arn:aws:ecs:eu-central-1:123456789012:cluster/quietway"
  image              = "registry.example/quietway/launcher:1.0"
  results_bucket     = "results"
  results_bucket_arn = "arn:aws:s3:::results"
  analysis = {
    family             = "quietway-analysis"
    container          = "quietway"
    task_role_arn      = "arn:aws:iam::123456789012:role/task"
    execution_role_arn = "arn:aws:iam::123456789012:role/execution"
    security_group_id  = "sg-1"
    log_group_name     = "/quietway/analysis"
    log_group_arn      = "arn:aws:logs:eu-central-1:123456789012:log-group:/quietway/analysis"
    log_prefix         = "run"
  }
  secrets = {
    QUIETWAY_LAUNCHER_DATABASE = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:database-1"
    QUIETWAY_LAUNCHER_SECRET   = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:secret-1"
  }
}

run "rights_are_these_and_no_others" {
  command = plan

  variables {
    events_queue = { url = "https://sqs.example/1/q", arn = "arn:aws:sqs:eu-central-1:123456789012:q" }
  }

  assert {
    condition = sort(flatten([for one in jsondecode(data.aws_iam_policy_document.task.json).Statement : one.Action])) == sort([
      "ecs:DescribeTaskDefinition", "ecs:RunTask", "ecs:DescribeTasks", "ecs:StopTask", "ecs:ListTasks", "ecs:DescribeClusters",
      "ecs:TagResource", "iam:PassRole", "logs:GetLogEvents", "sqs:ReceiveMessage", "sqs:DeleteMessage",
      "s3:PutObject", "s3:GetObject", "s3:GetObject", "s3:DeleteObject", "s3:ListBucket",
    ])
    error_message = "The launcher's rights changed."
  }

  assert {
    condition     = !strcontains(data.aws_iam_policy_document.task.json, "s3:*") && alltrue([for one in jsondecode(data.aws_iam_policy_document.task.json).Statement : alltrue([for action in flatten([one.Action]) : !strcontains(action, "*")])])
    error_message = "A statement allows more than single actions."
  }

  assert {
    condition     = one([for one in jsondecode(data.aws_iam_policy_document.task.json).Statement : one if one.Sid == "StartAnalysesOnly"]).Resource == "arn:aws:ecs:eu-central-1:123456789012:task-definition/quietway-analysis:*"
    error_message = "RunTask is for the analysis only."
  }

  assert {
    condition     = alltrue([for one in jsondecode(data.aws_iam_policy_document.task.json).Statement : one.Condition.ArnEquals["ecs:cluster"][0] == var.cluster_arn && length(one.Condition.ArnEquals["ecs:cluster"]) == 1 if contains(["StartAnalysesOnly", "WatchAndStopTasks", "FindTasks"], one.Sid)])
    error_message = "Tasks of other clusters are none of the launcher's business."
  }

  assert {
    condition     = alltrue([for one in jsondecode(data.aws_iam_policy_document.task.json).Statement : join(",", one.Condition.StringEquals["iam:PassedToService"]) == "ecs-tasks.amazonaws.com" && toset(one.Resource) == toset([var.analysis.task_role_arn, var.analysis.execution_role_arn]) if one.Sid == "HandOverTheRolesOfTasks"])
    error_message = "The two roles of tasks, to ECS only."
  }

  assert {
    condition     = one([for one in jsondecode(data.aws_iam_policy_document.task.json).Statement : one if one.Sid == "DeleteOldRuns"]).Resource == "arn:aws:s3:::results/runs/*"
    error_message = "Only runs are deleted."
  }
}

run "no_queue_no_right_to_one" {
  command = plan
  assert {
    condition     = !strcontains(data.aws_iam_policy_document.task.json, "sqs:")
    error_message = "Without a queue there is no right to read one."
  }
}

run "a_prefix_narrows_everything" {
  command = plan
  variables {
    results_prefix = "a/b"
  }
  assert {
    condition     = one([for one in jsondecode(data.aws_iam_policy_document.task.json).Statement : one if one.Sid == "CheckAndSignResults"]).Resource == "arn:aws:s3:::results/a/b/runs/*"
    error_message = "Rights end at the prefix."
  }
  assert {
    condition     = contains(jsondecode(aws_ecs_task_definition.this.container_definitions)[0].environment, { name = "QUIETWAY_LAUNCHER_RESULTS", value = "s3://results/a/b" })
    error_message = "The launcher is told of the prefix."
  }
}

run "configuration_reaches_the_container" {
  command = plan
  variables {
    task         = { cpu = 8192, memory = 16384, storage_gib = 100, spot = false, args = ["--osm=/data/x.osm.pbf", "--formats=gpkg,csv"] }
    events_queue = { url = "https://sqs.example/1/q", arn = "arn:aws:sqs:eu-central-1:123456789012:q" }
    settings     = { KEEP = "10" }
    autoscaling  = { max = 4 }
  }
  assert {
    condition = { for one in jsondecode(aws_ecs_task_definition.this.container_definitions)[0].environment : trimprefix(one.name, "QUIETWAY_LAUNCHER_") => one.value if startswith(one.name, "QUIETWAY_LAUNCHER_") } == {
      LISTEN              = "0.0.0.0:8080"
      DATA                = "/tmp/launcher"
      LOG                 = "json"
      RUNNER              = "ecs"
      PUBLIC_URL          = "http://launcher.quietway.internal:8080"
      RESULTS             = "s3://results"
      ECS_CLUSTER         = "quietway"
      ECS_TASK_DEFINITION = "quietway-analysis"
      ECS_CONTAINER       = "quietway"
      ECS_SUBNETS         = "subnet-1,subnet-2"
      ECS_SECURITY_GROUPS = "sg-1"
      ECS_PUBLIC_IP       = "false"
      ECS_SPOT            = "false"
      ECS_STORAGE_GIB     = "100"
      ECS_CPU             = "8192"
      ECS_MEMORY          = "16384"
      ECS_LOG_GROUP       = "/quietway/analysis"
      ECS_LOG_PREFIX      = "run"
      ECS_EVENTS_QUEUE    = "https://sqs.example/1/q"
      VCPU_PRICE          = "0"
      GB_PRICE            = "0"
      KEEP                = "10"
    }
    error_message = "The launcher's environment changed."
  }
  assert {
    condition     = jsondecode(aws_ecs_task_definition.this.container_definitions)[0].command == ["serve", "--task-arg=--osm=/data/x.osm.pbf", "--task-arg=--formats=gpkg,csv"]
    error_message = "Arguments of tasks are flags of the launcher."
  }
  assert {
    condition     = jsondecode(aws_ecs_task_definition.this.container_definitions)[0].readonlyRootFilesystem && [for one in jsondecode(aws_ecs_task_definition.this.container_definitions)[0].secrets : one.name] == ["QUIETWAY_LAUNCHER_DATABASE", "QUIETWAY_LAUNCHER_SECRET"]
    error_message = "Secrets come from Secrets Manager, and nothing but /tmp may be written."
  }
  assert {
    condition     = aws_appautoscaling_target.this[0].min_capacity == 2 && aws_appautoscaling_target.this[0].max_capacity == 4
    error_message = "Between the replicas and the most."
  }
}

run "two_replicas_behind_tls" {
  command = plan
  assert {
    condition     = aws_ecs_service.this.desired_count == 2 && length(aws_appautoscaling_target.this) == 0 && aws_lb_listener.https.protocol == "HTTPS" && aws_lb_listener.http.default_action[0].type == "redirect" && aws_lb_target_group.this.health_check[0].path == "/healthz"
    error_message = "Two replicas, HTTPS, and a health check that a database failure does not fail."
  }
}

run "one_replica_is_too_few" {
  command = plan
  variables {
    replicas = 1
  }
  expect_failures = [var.replicas]
}

run "secrets_must_be_there" {
  command = plan
  variables {
    secrets = { QUIETWAY_LAUNCHER_DATABASE = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:database-1" }
  }
  expect_failures = [var.secrets]
}

run "secrets_are_no_settings" {
  command = plan
  variables {
    settings = { SECRET = "in plain text" }
  }
  expect_failures = [var.settings]
}

run "sizes_that_fargate_has_not" {
  command = plan
  variables {
    cpu         = 512
    memory      = 8192
    task        = { storage_gib = 20 }
    autoscaling = { max = 2 }
    name        = "Quietway"
  }
  expect_failures = [var.memory, var.task, var.autoscaling, var.name]
}
