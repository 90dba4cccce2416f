# What an analysis runs as: image, task definition, roles, log. The launcher starts the tasks; nothing runs by itself.

locals {
  container  = "quietway"
  image      = var.image != null ? var.image : "${module.program.repository_url}:${var.image_tag}"
  log_prefix = "run"

  sources = { for name, url in var.source_urls : "QUIETWAY_${upper(name)}_URL" => url }
  environment = merge(
    {
      # The only place that may be written; it is the task's own disk, as large as the launcher asks for with each start.
      TMPDIR             = "/tmp"
      QUIETWAY_CACHE_DIR = "/tmp/cache"
    },
    var.cache_bucket == null ? {} : { QUIETWAY_SHARED_CACHE = "s3://${var.cache_bucket}/cache" },
    local.sources,
    var.database_certificate_authority == null ? {} : { PGSSLROOTCERT = var.database_certificate_authority },
    var.environment,
  )
}

module "program" {
  source               = "../program"
  name                 = var.name
  program              = "analysis"
  account_id           = var.account_id
  image_tag_mutability = var.image_tag_mutability
  images_kept          = var.images_kept
  log_days             = var.log_days
  kms_key_arn          = var.kms_key_arn
  secrets              = var.secrets
}

resource "aws_ecs_task_definition" "this" {
  family                   = "${var.name}-analysis"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = var.cpu
  memory                   = var.memory
  execution_role_arn       = module.program.execution_role_arn
  task_role_arn            = aws_iam_role.task.arn

  volume {
    name = "scratch"
  }

  container_definitions = jsonencode([{
    name      = local.container
    image     = local.image
    essential = true
    # The launcher says with each start what to do; a start by hand only says how to use it.
    command                = ["--help"]
    readonlyRootFilesystem = true
    linuxParameters        = { capabilities = { drop = ["ALL"] }, initProcessEnabled = false }
    mountPoints            = [{ sourceVolume = "scratch", containerPath = "/tmp", readOnly = false }]
    stopTimeout            = var.stop_seconds
    environment            = [for name, value in local.environment : { name = name, value = value }]
    secrets                = [for name, arn in var.secrets : { name = name, valueFrom = arn }]
    logConfiguration = {
      logDriver = "awslogs"
      options = {
        "awslogs-group"         = module.program.log_group_name
        "awslogs-region"        = var.region
        "awslogs-stream-prefix" = local.log_prefix
      }
    }
  }])
}

# Tasks open connections and take none.
resource "aws_security_group" "this" {
  name        = "${var.name}-analysis"
  description = "Analyses: nothing comes in"
  vpc_id      = var.vpc_id
}

resource "aws_security_group_rule" "https" {
  type              = "egress"
  description       = "HTTPS: sources, AWS"
  security_group_id = aws_security_group.this.id
  protocol          = "tcp"
  from_port         = 443
  to_port           = 443
  cidr_blocks       = var.egress_cidrs
  prefix_list_ids   = var.egress_prefix_list_ids
}
