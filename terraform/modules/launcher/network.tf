# Who can reach the launcher: clients through the load balancer, its tasks directly, nobody else.

resource "aws_security_group" "balancer" {
  name        = "${var.name}-balancer"
  description = "Load balancer of the launcher"
  vpc_id      = var.vpc_id
}

resource "aws_security_group_rule" "balancer_in" {
  for_each          = { http = 80, https = 443 }
  type              = "ingress"
  description       = each.key == "http" ? "HTTP, only to be sent to HTTPS" : "Clients"
  security_group_id = aws_security_group.balancer.id
  protocol          = "tcp"
  from_port         = each.value
  to_port           = each.value
  cidr_blocks       = var.ingress_cidrs
}

resource "aws_security_group_rule" "balancer_out" {
  type                     = "egress"
  description              = "To the launcher"
  security_group_id        = aws_security_group.balancer.id
  source_security_group_id = aws_security_group.this.id
  protocol                 = "tcp"
  from_port                = local.port
  to_port                  = local.port
}

resource "aws_security_group" "this" {
  name        = "${var.name}-launcher"
  description = "Launcher"
  vpc_id      = var.vpc_id
}

resource "aws_security_group_rule" "from_balancer" {
  type                     = "ingress"
  description              = "Clients, through the load balancer"
  security_group_id        = aws_security_group.this.id
  source_security_group_id = aws_security_group.balancer.id
  protocol                 = "tcp"
  from_port                = local.port
  to_port                  = local.port
}

resource "aws_security_group_rule" "from_tasks" {
  type                     = "ingress"
  description              = "Progress of tasks"
  security_group_id        = aws_security_group.this.id
  source_security_group_id = var.analysis.security_group_id
  protocol                 = "tcp"
  from_port                = local.port
  to_port                  = local.port
}

resource "aws_security_group_rule" "from_others" {
  count             = length(var.task_ingress_cidrs) > 0 ? 1 : 0
  type              = "ingress"
  description       = "As configured, past the load balancer"
  security_group_id = aws_security_group.this.id
  cidr_blocks       = var.task_ingress_cidrs
  protocol          = "tcp"
  from_port         = local.port
  to_port           = local.port
}

resource "aws_security_group_rule" "tasks_out" {
  type                     = "egress"
  description              = "Progress to the launcher"
  security_group_id        = var.analysis.security_group_id
  source_security_group_id = aws_security_group.this.id
  protocol                 = "tcp"
  from_port                = local.port
  to_port                  = local.port
}

resource "aws_security_group_rule" "https" {
  type              = "egress"
  description       = "HTTPS: AWS, webhooks of clients"
  security_group_id = aws_security_group.this.id
  protocol          = "tcp"
  from_port         = 443
  to_port           = 443
  cidr_blocks       = ["0.0.0.0/0"]
}

resource "aws_lb" "this" {
  name                       = "${var.name}-launcher"
  load_balancer_type         = "application"
  internal                   = var.internal
  subnets                    = var.public_subnet_ids
  security_groups            = [aws_security_group.balancer.id]
  drop_invalid_header_fields = true
  enable_deletion_protection = var.deletion_protection
  # Longer than the 15 seconds between two signs of life of an event stream.
  idle_timeout = 120

  dynamic "access_logs" {
    for_each = var.access_log_bucket == null ? [] : [var.access_log_bucket]
    content {
      bucket  = access_logs.value
      prefix  = "${var.name}-launcher"
      enabled = true
    }
  }
}

resource "aws_lb_target_group" "this" {
  name        = "${var.name}-launcher"
  vpc_id      = var.vpc_id
  target_type = "ip"
  protocol    = "HTTP"
  port        = local.port
  # A launcher that ends finishes what is under way and closes event streams itself.
  deregistration_delay = 30

  # Not /readyz: ECS replaces what fails this, and a database that is away for a minute is no reason to restart anything.
  health_check {
    path                = "/healthz"
    matcher             = "200"
    interval            = 10
    timeout             = 5
    healthy_threshold   = 2
    unhealthy_threshold = 3
  }
}

resource "aws_lb_listener" "https" {
  load_balancer_arn = aws_lb.this.arn
  protocol          = "HTTPS"
  port              = 443
  ssl_policy        = var.tls_policy
  certificate_arn   = var.certificate_arn

  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.this.arn
  }
}

resource "aws_lb_listener" "http" {
  load_balancer_arn = aws_lb.this.arn
  protocol          = "HTTP"
  port              = 80

  default_action {
    type = "redirect"
    redirect {
      protocol    = "HTTPS"
      port        = "443"
      status_code = "HTTP_301"
    }
  }
}

resource "aws_wafv2_web_acl_association" "this" {
  count        = var.web_acl_arn == null ? 0 : 1
  resource_arn = aws_lb.this.arn
  web_acl_arn  = var.web_acl_arn
}

# A private name, so that progress needs neither internet nor load balancer. A task's token is good for its own progress only and dies with it.
resource "aws_service_discovery_private_dns_namespace" "this" {
  count       = var.task_url == null ? 1 : 0
  name        = "${var.name}.internal"
  description = "Names inside the network"
  vpc         = var.vpc_id
}

resource "aws_service_discovery_service" "this" {
  count = var.task_url == null ? 1 : 0
  name  = "launcher"

  dns_config {
    namespace_id   = aws_service_discovery_private_dns_namespace.this[0].id
    routing_policy = "MULTIVALUE"
    dns_records {
      type = "A"
      ttl  = 10
    }
  }
}
