# The launcher: a service of several replicas behind a load balancer. They share a database and a secret; any of them may go at any time.

locals {
  container = "launcher"
  port      = 8080
  image     = var.image != null ? var.image : "${module.program.repository_url}:${var.image_tag}"
  results   = trimsuffix("s3://${var.results_bucket}/${var.results_prefix}", "/")
  task_url  = var.task_url != null ? var.task_url : "http://launcher.${var.name}.internal:${local.port}"

  # Flags of `quietway-launcher serve`, by their environment names.
  flags = merge(
    {
      LISTEN              = "0.0.0.0:${local.port}"
      DATA                = "/tmp/launcher"
      LOG                 = "json"
      RUNNER              = "ecs"
      PUBLIC_URL          = local.task_url
      RESULTS             = local.results
      ECS_CLUSTER         = var.cluster_name
      ECS_TASK_DEFINITION = var.analysis.family
      ECS_CONTAINER       = var.analysis.container
      ECS_SUBNETS         = join(",", var.subnet_ids)
      ECS_SECURITY_GROUPS = var.analysis.security_group_id
      ECS_PUBLIC_IP       = tostring(var.task.public_ip)
      ECS_SPOT            = tostring(var.task.spot)
      ECS_STORAGE_GIB     = tostring(var.task.storage_gib)
      ECS_LOG_GROUP       = var.analysis.log_group_name
      ECS_LOG_PREFIX      = var.analysis.log_prefix
      VCPU_PRICE          = tostring(var.prices.vcpu_hour)
      GB_PRICE            = tostring(var.prices.gb_hour)
    },
    var.task.cpu == null ? {} : { ECS_CPU = tostring(var.task.cpu), ECS_MEMORY = tostring(var.task.memory) },
    var.events_queue == null ? {} : { ECS_EVENTS_QUEUE = var.events_queue.url },
    var.settings,
  )
  environment = merge(
    { for name, value in local.flags : "QUIETWAY_LAUNCHER_${name}" => value },
    { AWS_REGION = var.region, TMPDIR = "/tmp" },
    var.database_certificate_authority == null ? {} : { PGSSLROOTCERT = var.database_certificate_authority },
    var.environment,
  )
}

module "program" {
  source               = "../program"
  name                 = var.name
  program              = "launcher"
  account_id           = var.account_id
  image_tag_mutability = var.image_tag_mutability
  images_kept          = var.images_kept
  log_days             = var.log_days
  kms_key_arn          = var.kms_key_arn
  secrets              = var.secrets
}

resource "aws_ecs_task_definition" "this" {
  family                   = "${var.name}-launcher"
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
    name                   = local.container
    image                  = local.image
    essential              = true
    command                = concat(["serve"], [for arg in var.task.args : "--task-arg=${arg}"])
    readonlyRootFilesystem = true
    linuxParameters        = { capabilities = { drop = ["ALL"] }, initProcessEnabled = false }
    mountPoints            = [{ sourceVolume = "scratch", containerPath = "/tmp", readOnly = false }]
    portMappings           = [{ containerPort = local.port, hostPort = local.port, protocol = "tcp" }]
    stopTimeout            = var.stop_seconds
    environment            = [for name, value in local.environment : { name = name, value = value }]
    secrets                = [for name, arn in var.secrets : { name = name, valueFrom = arn }]
    logConfiguration = {
      logDriver = "awslogs"
      options = {
        "awslogs-group"         = module.program.log_group_name
        "awslogs-region"        = var.region
        "awslogs-stream-prefix" = "serve"
      }
    }
  }])
}

resource "aws_ecs_service" "this" {
  name            = "${var.name}-launcher"
  cluster         = var.cluster_arn
  task_definition = aws_ecs_task_definition.this.arn
  # With autoscaling an apply goes back to the least number, and the policy raises it again within minutes.
  desired_count                      = var.replicas
  deployment_minimum_healthy_percent = 100
  deployment_maximum_percent         = 200
  health_check_grace_period_seconds  = 60
  propagate_tags                     = "SERVICE"

  # Replicas on Spot would all go at once when capacity is short; they are small anyway.
  capacity_provider_strategy {
    capacity_provider = "FARGATE"
    weight            = 1
  }

  network_configuration {
    subnets          = var.subnet_ids
    security_groups  = [aws_security_group.this.id]
    assign_public_ip = false
  }

  load_balancer {
    target_group_arn = aws_lb_target_group.this.arn
    container_name   = local.container
    container_port   = local.port
  }

  dynamic "service_registries" {
    for_each = aws_service_discovery_service.this
    content {
      registry_arn = service_registries.value.arn
    }
  }

  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }

  depends_on = [aws_lb_listener.https, aws_iam_role_policy.task]
}

resource "aws_appautoscaling_target" "this" {
  count              = var.autoscaling == null ? 0 : 1
  service_namespace  = "ecs"
  scalable_dimension = "ecs:service:DesiredCount"
  resource_id        = "service/${var.cluster_name}/${aws_ecs_service.this.name}"
  min_capacity       = var.replicas
  max_capacity       = var.autoscaling.max
}

resource "aws_appautoscaling_policy" "cpu" {
  count              = var.autoscaling == null ? 0 : 1
  name               = "${var.name}-launcher-cpu"
  policy_type        = "TargetTrackingScaling"
  service_namespace  = aws_appautoscaling_target.this[0].service_namespace
  scalable_dimension = aws_appautoscaling_target.this[0].scalable_dimension
  resource_id        = aws_appautoscaling_target.this[0].resource_id

  target_tracking_scaling_policy_configuration {
    target_value       = var.autoscaling.cpu_percent
    scale_in_cooldown  = 300
    scale_out_cooldown = 60
    predefined_metric_specification {
      predefined_metric_type = "ECSServiceAverageCPUUtilization"
    }
  }
}
